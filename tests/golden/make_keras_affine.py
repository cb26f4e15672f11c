"""Made `keras_affine.json`: the affine warps of Keras's old and new ImageDataGenerator, by scipy (numpy and scipy are needed)."""
import numpy as np, json, math, warnings
from scipy import ndimage
warnings.filterwarnings('ignore')
def base(theta,tx,ty,shear,zx,zy):
    M=np.eye(3)
    t=np.deg2rad(theta); s=np.deg2rad(shear)
    R=np.array([[np.cos(t),-np.sin(t),0],[np.sin(t),np.cos(t),0],[0,0,1]])
    T=np.array([[1,0,tx],[0,1,ty],[0,0,1.]])
    S=np.array([[1,-np.sin(s),0],[0,np.cos(s),0],[0,0,1]])
    Z=np.array([[zx,0,0],[0,zy,0],[0,0,1.]])
    return R@T@S@Z
def centre(M,h,w,c):
    ox=h/2+c; oy=w/2+c
    A=np.array([[1,0,ox],[0,1,oy],[0,0,1]]);B=np.array([[1,0,-ox],[0,1,-oy],[0,0,1]])
    return A@M@B
def matrix(h,w,variant,**p):
    M=base(**p)
    if variant=='old': return centre(M,h,w,+0.5)
    M=centre(M,h,w,-0.5).copy()
    M[:,[0,1]]=M[:,[1,0]]; M[[0,1]]=M[[1,0]]
    return M
def scipy_apply(x,M):
    return ndimage.affine_transform(x,M[:2,:2],M[:2,2],order=1,mode='nearest',cval=0.)
def naive(x,M):
    h,w=x.shape; out=np.zeros_like(x)
    for i in range(h):
        for j in range(w):
            r=M[0,0]*i+M[0,1]*j+M[0,2]; c=M[1,0]*i+M[1,1]*j+M[1,2]
            r=min(max(r,0.0),h-1.0); c=min(max(c,0.0),w-1.0)
            r0=int(math.floor(r)); c0=int(math.floor(c)); fr=r-r0; fc=c-c0
            r1=min(r0+1,h-1); c1=min(c0+1,w-1)
            out[i,j]=(1-fr)*((1-fc)*x[r0,c0]+fc*x[r0,c1])+fr*((1-fc)*x[r1,c0]+fc*x[r1,c1])
    return out
rng=np.random.RandomState(7)
cases=[dict(theta=0.2,tx=0.3,ty=-0.2,shear=0.05,zx=1.05,zy=0.95),
       dict(theta=30,tx=0,ty=0,shear=0,zx=1,zy=1),
       dict(theta=0,tx=1.5,ty=0,shear=0,zx=1,zy=1),
       dict(theta=0,tx=0,ty=1.5,shear=0,zx=1,zy=1),
       dict(theta=0,tx=0,ty=0,shear=20,zx=1,zy=1),
       dict(theta=0,tx=0,ty=0,shear=0,zx=0.8,zy=1.25),
       dict(theta=-17,tx=0.7,ty=-1.1,shear=9,zx=0.9,zy=1.2)]
out=[];worst=0
x=rng.randint(0,256,size=(5,7)).astype(np.float32)
for p in cases:
    for v in('old','new'):
        M=matrix(5,7,v,**p); a=scipy_apply(x,M); b=naive(x.astype(np.float64),M)
        worst=max(worst,np.abs(a-b).max())
        out.append(dict(params=p,variant=v,matrix=M.tolist(),input=x.tolist(),output=a.astype(float).tolist()))
print('worst naive vs scipy',worst)
# random stress at 256
x2=rng.rand(64,48).astype(np.float64)
for k in range(40):
    p=dict(theta=rng.uniform(-40,40),tx=rng.uniform(-5,5),ty=rng.uniform(-5,5),shear=rng.uniform(-20,20),zx=rng.uniform(.6,1.4),zy=rng.uniform(.6,1.4))
    for v in('old','new'):
        M=matrix(64,48,v,**p); worst=max(worst,np.abs(scipy_apply(x2,M)-naive(x2,M)).max())
print('worst after stress',worst)
json.dump(out,open('keras_affine.json','w'),indent=0)
